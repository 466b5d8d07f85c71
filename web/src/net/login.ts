/** The calls of somebody who is not in yet: how they may come, and the two of a login by another provider. */

import type { AuthOptions, Registration } from "../core/login";
import {
  FinishOidcLoginResponseSchema,
  GetAuthOptionsResponse_Registration,
  GetAuthOptionsResponseSchema,
  StartOidcLoginResponseSchema,
} from "../gen/elastic_chat/accounts/v1/accounts_service_pb";
import { authenticate, type Tokens, tokensFrom } from "./api";
import { send } from "./calls";

const REGISTRATIONS: Readonly<Record<GetAuthOptionsResponse_Registration, Registration>> = {
  [GetAuthOptionsResponse_Registration.REGISTRATION_UNSPECIFIED]: "unknown",
  [GetAuthOptionsResponse_Registration.OPEN]: "open",
  [GetAuthOptionsResponse_Registration.INVITE]: "invite",
  [GetAuthOptionsResponse_Registration.CLOSED]: "closed",
};

export interface Begun {
  /** Where the user says who they are. */
  readonly authorizationUrl: string;
  readonly state: string;
  readonly secret: string;
}

export async function authOptions(): Promise<AuthOptions> {
  const { registration, providers } = await send(GetAuthOptionsResponseSchema, "GET", "/v1/auth/options");
  return { registration: REGISTRATIONS[registration], providers: providers.map(({ name }) => name) };
}

export async function startOidc(redirectUri: string): Promise<Begun> {
  const { authorizationUrl, state, secret } = await send(StartOidcLoginResponseSchema, "POST", "/v1/auth/oidc/start", { redirectUri });
  return { authorizationUrl, state, secret };
}

export function finishOidc(state: string, code: string, secret: string): Promise<Tokens> {
  return authenticate(FinishOidcLoginResponseSchema, "oidc/finish", { state, code, secret }).then(tokensFrom);
}
