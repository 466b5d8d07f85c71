/** A real OpenID provider, for tests: whoever logs in with any password is who they say. Its arguments are its port, our client secret, and where we may have people sent back to. */

import { Provider } from "oidc-provider";

const [port, secret, ...redirectUris] = process.argv.slice(2);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "elastic-chat",
      client_secret: secret,
      redirect_uris: redirectUris,
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
