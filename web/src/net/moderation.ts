/** The calls by which administrators deal with what is reported. Others fail with PERMISSION_DENIED. */

import {
  type AuditEntry,
  type ConversationId,
  type Handler,
  type Listed,
  type Report,
  REPORT_CATEGORIES,
  type ReportAction,
  type ReportCategory,
  type ReportState,
  type Suspension,
  type UserId,
} from "../core/types";
import {
  ListAuditLogResponseSchema,
  ListReportsResponseSchema,
  Report_Action,
  Report_Category,
  Report_State,
  type Report as WireReport,
  ResolveReportResponseSchema,
  TakeReportResponseSchema,
} from "../gen/elastic_chat/accounts/v1/accounts_service_pb";
import { type Calls, present, query } from "./calls";
import { entryFrom, timeFrom } from "./wire";

/** What is done about a report, and what is said about it. */
export interface Resolution {
  readonly action: ReportAction;
  /** Only administrators see it. */
  readonly note: string;
  /** Of who is suspended. */
  readonly suspension?: Suspension;
}

export class ModerationApi {
  constructor(private readonly calls: Calls) {}

  /** Those that are so far, the newest first. */
  async listReports(state: ReportState, pageToken = ""): Promise<Listed<Report>> {
    const asked = query({ state: state.toUpperCase(), ...(pageToken === "" ? {} : { pageToken }) });
    const { reports, nextPageToken } = await this.calls.ask(ListReportsResponseSchema, "GET", `/v1/admin/reports?${asked}`);
    return { items: reports.map(reportFrom), next: nextPageToken };
  }

  /** Says that one looks into it. */
  async takeReport(reportId: string): Promise<Report> {
    return reportFrom(present((await this.calls.ask(TakeReportResponseSchema, "POST", `${reportPath(reportId)}/take`, {})).report));
  }

  /** Does something about it. */
  async resolveReport(reportId: string, { action, note, suspension }: Resolution): Promise<Report> {
    const body = { action: action.toUpperCase(), note, ...(suspension === undefined ? {} : { suspension: suspensionTo(suspension) }) };
    return reportFrom(present((await this.calls.ask(ResolveReportResponseSchema, "POST", `${reportPath(reportId)}/resolve`, body)).report));
  }

  /** Logs a user out everywhere, and lets them in again when it is over. */
  async suspend(userId: UserId, suspension: Suspension): Promise<void> {
    await this.calls.tell("POST", `/v1/admin/users/${encodeURIComponent(userId)}/suspend`, suspensionTo(suspension));
  }

  async liftSuspension(userId: UserId): Promise<void> {
    await this.calls.tell("POST", `/v1/admin/users/${encodeURIComponent(userId)}/lift-suspension`, {});
  }

  /** What administrators have done in the last 30 days, the newest first; only what is about `subject`, if that is given. */
  async listAuditLog(subject: string, pageToken = ""): Promise<Listed<AuditEntry>> {
    const asked = query({ ...(subject === "" ? {} : { subject }), ...(pageToken === "" ? {} : { pageToken }) });
    const { entries, nextPageToken } = await this.calls.ask(ListAuditLogResponseSchema, "GET", `/v1/admin/audit-log?${asked}`);
    return {
      items: entries.map(({ entryId, calledAt, callerId, method, subject: about, details, address, outcome }) => ({
        entryId,
        calledAt: timeFrom(calledAt),
        callerId: callerId as Handler,
        method,
        subject: about,
        details,
        address,
        outcome,
      })),
      next: nextPageToken,
    };
  }
}

function reportPath(reportId: string): string {
  return `/v1/admin/reports/${encodeURIComponent(reportId)}`;
}

function suspensionTo({ endsAt, reason }: Suspension): { readonly endsAt: string; readonly reason: string } {
  return { endsAt: new Date(endsAt).toISOString(), reason };
}

const STATES: Readonly<Record<number, ReportState>> = { [Report_State.TAKEN]: "taken", [Report_State.RESOLVED]: "resolved" };
const ACTIONS: Readonly<Record<number, ReportAction>> = {
  [Report_Action.DISMISS]: "dismiss",
  [Report_Action.DELETE_MESSAGE]: "delete_message",
  [Report_Action.SUSPEND_USER]: "suspend_user",
  [Report_Action.REMOVE_FROM_CONVERSATION]: "remove_from_conversation",
};

/** What a newer server may call otherwise is something else. */
function categoryFrom(category: Report_Category): ReportCategory {
  const names: Readonly<Record<number, string | undefined>> = Report_Category;
  const name = names[category]?.toLowerCase();
  return REPORT_CATEGORIES.find((one) => one === name) ?? "other";
}

function reportFrom(report: WireReport): Report {
  return {
    reportId: report.reportId,
    reporterId: report.reporterId as UserId,
    createdAt: timeFrom(report.createdAt),
    conversationId: report.conversationId === "" ? null : (report.conversationId as ConversationId),
    seq: report.seq === 0n ? null : Number(report.seq),
    userId: report.userId === "" ? null : (report.userId as UserId),
    category: categoryFrom(report.category),
    words: report.words,
    entries: report.entries.map(entryFrom),
    state: STATES[report.state] ?? "open",
    handledBy: report.handledBy === "" ? null : (report.handledBy as Handler),
    handledAt: timeFrom(report.handledAt),
    action: ACTIONS[report.action] ?? null,
    note: report.note,
  };
}
