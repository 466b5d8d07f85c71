import { lazy, Suspense, useEffect, useState } from "react";

import { nameOf } from "../core/select";
import type { State } from "../core/state";
import type { Entry, Receipts, UserId, Wording } from "../core/types";
import { sentenceOf } from "./action";
import { useClient, useSelected } from "./context";
import { Avatar } from "./parts/Avatar";
import { Skeleton } from "./parts/Skeleton";
import type { SideProps } from "./Side";
import { Text } from "./Text";
import { useWords } from "./words";

const Trace = lazy(() => import("./Trace"));

interface Known {
  readonly entry: Entry;
  readonly receipts: Receipts;
  readonly wordings: readonly Wording[];
}

/** So many of its wordings, the newest. */
const WORDINGS = 50;

/** What there is to know of a message: when it was said, in which words before, whom it has reached, and to administrators which way it went. */
export function MessageInfo({ chat, shown: { seq = 0 } }: SideProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const [known, setKnown] = useState<Known | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isAdmin, setAdmin] = useState(false);
  const { conversation: { conversationId }, watermarks, log } = chat;
  const asOf = log.entries.findLast(({ content }) => content.kind === "change" && content.target === seq)?.seq ?? 0;

  useEffect(() => {
    let isWanted = true;
    const { messages } = client;
    Promise.all([messages.get(conversationId, seq), messages.receipts(conversationId, seq), messages.listEdits(conversationId, seq, { pageSize: WORDINGS })]).then(
      ([entry, receipts, { items }]) => {
        if (isWanted) {
          setKnown({ entry, receipts, wordings: items });
          setFailure(null);
        }
      },
      (reason: unknown) => {
        if (isWanted) {
          setFailure(reason);
        }
      },
    );
    return () => { isWanted = false; };
  }, [client, conversationId, seq, asOf, watermarks]);

  useEffect(() => {
    let isWanted = true;
    // To whom it can't be told now it is not shown, as to others.
    client.isAdmin().then((is) => { if (isWanted) { setAdmin(is); } }, () => undefined);
    return () => { isWanted = false; };
  }, [client]);

  if (known === null) {
    return failure === null ? <Skeleton label={t("common.loading")} /> : <p className="error" role="alert">{sentenceOf(failure, words)}</p>;
  }
  const { entry, receipts, wordings } = known;
  const editedAt = entry.content.kind === "message" ? entry.content.state?.editedAt : undefined;
  return (
    <div className="info">
      {failure !== null && <p className="error" role="alert">{sentenceOf(failure, words)}</p>}
      <dl className="info-facts">
        <Fact name={t("messages.infoSent")} value={words.moment(entry.acceptedAt)} />
        {editedAt !== undefined && <Fact name={t("messages.infoEdited")} value={words.moment(editedAt)} />}
      </dl>
      {wordings.length > 1 && (
        <section>
          <h3>{t("messages.infoWordings")}</h3>
          <ol className="wordings" data-testid="wordings">
            {wordings.map(({ seq: at, said, at: since }) => (
              <li key={at}>
                <Text text={said.text} />
                <time dateTime={new Date(since).toISOString()}>{words.moment(since)}</time>
              </li>
            ))}
          </ol>
        </section>
      )}
      <Reached heading={t("messages.infoRead", { count: receipts.readBy.length })} userIds={receipts.readBy} testId="read-by" />
      <Reached heading={t("messages.infoDelivered", { count: receipts.deliveredTo.length })} userIds={receipts.deliveredTo} testId="delivered-to" />
      {receipts.readBy.length + receipts.deliveredTo.length === 0 && <p className="info-none">{t("messages.infoNobody")}</p>}
      {isAdmin && (
        <Suspense>
          <Trace messageId={entry.messageId} />
        </Suspense>
      )}
      <details>
        <summary>{t("messages.infoTechnical")}</summary>
        <dl className="info-facts" dir="ltr">
          <Fact name={t("messages.infoSeq")} value={String(entry.seq)} />
          <Fact name={t("messages.infoId")} value={entry.messageId} />
        </dl>
      </details>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

const usersOf = ({ users }: State) => ({ users });

interface ReachedProps {
  readonly heading: string;
  readonly userIds: readonly UserId[];
  readonly testId: string;
}

function Reached({ heading, userIds, testId }: ReachedProps) {
  const words = useWords();
  const state = useSelected(usersOf);
  return (
    userIds.length > 0 && (
      <section>
        <h3>{heading}</h3>
        <ul className="info-people" data-testid={testId}>
          {userIds.map((userId) => (
            <li key={userId}>
              <Avatar id={userId} name={nameOf(state, userId, words)} size="small" />
              <bdi>{nameOf(state, userId, words)}</bdi>
            </li>
          ))}
        </ul>
      </section>
    )
  );
}
