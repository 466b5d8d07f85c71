// The page that shows the REST side of the contracts, and lets one try it: nothing of it is in the client.
import { SwaggerUIBundle } from "swagger-ui-dist";
import "swagger-ui-dist/swagger-ui.css";

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  requestSnippetsEnabled: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
