/** A real OpenID provider, for tests: whoever logs in with any password is who they say. Its first two arguments are its port and our client secret. */

import { Provider } from "oidc-provider";

const [port, secret] = process.argv.slice(2);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "elastic-chat",
      client_secret: secret,
      redirect_uris: ["http://localhost:5173/login/callback"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  pkce: { required: () => true },
  scopes: ["openid", "profile"],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of elsewhere`, preferred_username: `${id}@elsewhere.example` }),
  }),
});

provider.listen(Number(port), "127.0.0.1");
