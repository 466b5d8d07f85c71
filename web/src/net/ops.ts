/** What the console tells, for administrators. */

import type { Report } from "../core/ops/report";
import { ApiError } from "./errors";
import { call, type TokenSource, withToken } from "./http";

const PATH = "/v1/ops/mesh";

/** Throws ApiError: PERMISSION_DENIED for who is no administrator. */
export async function getReport(token: TokenSource): Promise<Report> {
  const answer = await withToken(token, (accessToken) => call("GET", PATH, undefined, accessToken));
  if (!isReport(answer)) {
    throw new ApiError("UNAVAILABLE", `GET ${PATH} answered with something that is no report: is this page older than the stack? Load it again.`);
  }
  return answer;
}

/** Whether the parts are there that everything else hangs on. */
function isReport(answer: unknown): answer is Report {
  const parts = answer as Partial<Record<keyof Report, unknown>> | null;
  return typeof parts?.at === "string" && Array.isArray(parts.services) && Array.isArray(parts.edge) && Array.isArray(parts.silent);
}
