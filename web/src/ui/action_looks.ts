import type { MessageAction } from "../core/actions";
import type { TextId } from "../core/texts";
import type { IconName } from "./Icon";

/** How what can be done with a message is shown: in its menu, and where several messages are chosen. */
export const LOOKS: Readonly<Record<MessageAction, { readonly icon: IconName; readonly label: TextId }>> = {
  reply: { icon: "reply", label: "messages.reply" },
  thread: { icon: "thread", label: "messages.threadOpen" },
  edit: { icon: "pen", label: "messages.edit" },
  copy: { icon: "copy", label: "messages.copy" },
  link: { icon: "link", label: "messages.link" },
  forward: { icon: "forward", label: "messages.forward" },
  select: { icon: "select", label: "messages.select" },
  star: { icon: "star", label: "messages.star" },
  pin: { icon: "pin", label: "messages.pin" },
  info: { icon: "info", label: "messages.info" },
  hide: { icon: "hide", label: "messages.delete" },
  report: { icon: "flag", label: "conversations.report" },
  delete: { icon: "bin", label: "messages.deleteAll" },
};
