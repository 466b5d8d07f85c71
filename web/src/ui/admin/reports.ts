/** How what is reported is called, and what can be done about it. */

import type { TextId } from "../../core/texts";
import type { Report, ReportAction } from "../../core/types";

export const ACTION_NAMES: Readonly<Record<ReportAction, TextId>> = {
  dismiss: "admin.actDismiss",
  delete_message: "admin.actDelete",
  remove_from_conversation: "admin.actRemove",
  suspend_user: "admin.actSuspend",
};

/** What was done, as it is told afterwards. */
export const ACTIONS_DONE: Readonly<Record<ReportAction, TextId>> = {
  dismiss: "admin.didDismiss",
  delete_message: "admin.didDelete",
  remove_from_conversation: "admin.didRemove",
  suspend_user: "admin.didSuspend",
};

/** In a conversation as such there is nobody to do something about. */
export function actionsFor({ seq, userId }: Pick<Report, "seq" | "userId">): readonly ReportAction[] {
  const onMessage: readonly ReportAction[] = seq === null ? [] : ["delete_message", "remove_from_conversation"];
  return ["dismiss", ...onMessage, ...(userId === null ? [] : (["suspend_user"] as const))];
}
