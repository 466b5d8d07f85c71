// Uploads a file with tus-js-client, as its documents say: node upload.mjs '{"path", "endpoint", "token", "chunk", "stopAt"?, "url"?}'.
// Says `at N` after each chunk, `stopped URL` if it was told to stop there, and `done URL` at the end; whatever else goes wrong is the exit.
import { createReadStream, statSync } from "node:fs";
import { basename } from "node:path";
import { Upload } from "tus-js-client";

const { path, endpoint, token, chunk, stopAt, url } = JSON.parse(process.argv[2]);
const upload = new Upload(createReadStream(path), {
  endpoint,
  uploadUrl: url,
  uploadSize: statSync(path).size,
  chunkSize: chunk,
  retryDelays: [200, 500, 1000, 2000, 4000, 8000],
  metadata: { filename: basename(path), filetype: "application/x-a-lie" },
  headers: { Authorization: `Bearer ${token}` },
  onChunkComplete: async (_, sent) => {
    console.log(`at ${sent}`);
    if (stopAt && sent >= stopAt) {
      await upload.abort();
      console.log(`stopped ${upload.url}`);
      process.exit(0);
    }
  },
  onSuccess: () => console.log(`done ${upload.url}`),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
});
upload.start();
