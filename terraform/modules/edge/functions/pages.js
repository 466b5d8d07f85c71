// Which file of the web client a path means, as nginx says it for other installations (launcher/templates/nginx.conf.j2): files by their
// names, the page of the REST side, and for everything else the client, whose own routes those are.
function handler(event) {
  var request = event.request;
  if (request.uri === '/api') {
    request.uri = '/api.html';
  } else if (request.uri.split('/').pop().indexOf('.') === -1) {
    request.uri = '/index.html';
  }
  return request;
}
