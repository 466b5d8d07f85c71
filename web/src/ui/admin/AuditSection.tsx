import "../styles/safety.css";

import { type SyntheticEvent, useCallback, useState } from "react";

import { nameOf } from "../../core/select";
import type { State } from "../../core/state";
import type { AuditEntry, Handler, UserId } from "../../core/types";
import { useAction } from "../action";
import { useClient, useSelected } from "../context";
import { Failure } from "../Failure";
import { Field } from "../Field";
import { EmptyState } from "../parts/EmptyState";
import { Skeleton } from "../parts/Skeleton";
import { named } from "../usernames";
import { useWords } from "../words";
import { useListing } from "./listing";

/** What administrators have done in the last 30 days. */
export function AuditSection() {
  const client = useClient();
  const { t } = useWords();
  const finding = useAction();
  const [username, setUsername] = useState("");
  const [subject, setSubject] = useState("");
  const load = useCallback(
    async (pageToken: string) => {
      const page = await client.moderation.listAuditLog(subject, pageToken);
      client.directory.know(page.items.flatMap(namedIn));
      return page;
    },
    [client, subject],
  );
  const { items, hasMore, isBusy, failure, more, reload } = useListing(load);

  const find = (event: SyntheticEvent) => {
    event.preventDefault();
    void finding.run(async () => {
      setSubject(named(username) === "" ? "" : (await client.admin.getAccount({ username: named(username) })).user.userId);
    });
  };

  return (
    <>
      <form className="dialog-row" role="search" onSubmit={find}>
        <Field label={t("admin.auditAbout")} name="subject" value={username} onChange={setUsername} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" />
        <button className="button" type="submit" disabled={finding.isBusy}>{t("admin.findAction")}</button>
      </form>
      {finding.error !== null && <p className="error" role="alert">{finding.error}</p>}
      {failure !== null && <Failure reason={failure} onRetry={reload} />}
      {items === null && failure === null && <Skeleton label={t("common.loading")} rows={4} />}
      {items?.length === 0 && <EmptyState icon="check" title={t("admin.auditNone")} />}
      <ul className="rows" data-testid="audit-log">
        {(items ?? []).map((entry) => <Call key={entry.entryId} entry={entry} />)}
      </ul>
      {hasMore && <button className="button" type="button" disabled={isBusy} onClick={() => void more()}>{t("admin.more")}</button>}
    </>
  );
}

/** As the ids of users are written. What a call is about may be something else. */
const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;

function namedIn({ callerId, subject }: AuditEntry): readonly UserId[] {
  return [callerId, subject].filter((one): one is UserId => ID.test(one));
}

const partOf = ({ users }: State) => ({ users });

function Call({ entry: { calledAt, callerId, method, subject, details, address, outcome } }: { readonly entry: AuditEntry }) {
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const name = (id: Handler) => (id === "operator" ? t("admin.operator") : nameOf(state, id, words));
  const about = state.users.has(subject as UserId) ? nameOf(state, subject as UserId, words) : subject;
  return (
    <li className="row row-stacked" data-testid="audit-entry">
      <div className="row-text">
        <p className="row-title"><code dir="ltr">{method}</code> {about !== "" && <bdi>{about}</bdi>}</p>
        <p className="field-hint">{t("admin.auditBy", { name: name(callerId), time: words.moment(calledAt) })} {address !== "" && <bdi>{address}</bdi>}</p>
        {details !== "" && details !== "{}" && (
          <details>
            <summary className="field-hint">{t("admin.auditDetails")}</summary>
            <code dir="ltr">{details}</code>
          </details>
        )}
      </div>
      <span className="outcome" data-ok={outcome === "OK"} dir="ltr">{outcome === "" ? t("admin.auditUnknown") : outcome}</span>
    </li>
  );
}
