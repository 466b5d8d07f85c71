import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { powersIn } from "../core/actions";
import { blockedUsers, nameOf, peerOf, titleOf } from "../core/select";
import { myId, type State } from "../core/state";
import { threadOf } from "../core/thread";
import { timelines } from "../core/timeline";
import type { Entry, UserId } from "../core/types";
import { sentenceOf, useAction } from "./action";
import { useActing } from "./acting";
import { Composer } from "./Composer";
import { useClient, useNow, useSelected } from "./context";
import { Folded, NOBODY, useUnfolding } from "./Folded";
import { Message } from "./Message";
import { Skeleton } from "./parts/Skeleton";
import { BlockedBar } from "./safety/BlockedBar";
import type { SideProps } from "./Side";
import { useWords } from "./words";

const PAGE_SIZE = 50;
/** So near to the end counts as there. */
const END_PX = 48;

const partOf = ({ session, users, outbox, preferences }: State) => ({ session, users, outbox, preferences });

/** A thread, and where one writes in it. */
export function Thread({ chat, shown: { seq: root = 0 } }: SideProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const now = useNow(60_000);
  const state = useSelected(partOf);
  const older = useAction();
  const [fetched, setFetched] = useState<readonly Entry[] | null>(null);
  const [hasMore, setMore] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [timeline] = useState(timelines);
  const { conversation, log, hidden } = chat;
  const { conversationId } = conversation;
  const { act, asking } = useActing(conversationId, root);
  const me = myId(state);
  const peer = peerOf(conversation, me);
  const blocked = blockedUsers(state);
  const isClosed = peer !== null && blocked.has(peer);
  const unfolding = useUnfolding(peer === null ? blocked : NOBODY);
  const { outbox, users } = state;
  const names = useCallback((userId: UserId) => nameOf({ users }, userId, words), [users, words]);
  const powers = useMemo(() => ({ ...powersIn({ me: chat.me, conversation }), select: false, thread: false }), [chat.me, conversation]);

  useEffect(() => {
    let isWanted = true;
    Promise.all([client.messages.get(conversationId, root), client.messages.listThread(conversationId, root, { pageSize: PAGE_SIZE })]).then(
      ([first, page]) => {
        if (isWanted) {
          setFetched([first, ...page.items]);
          setMore(page.hasMore);
        }
      },
      (reason: unknown) => {
        if (isWanted) {
          setFailure(reason);
        }
      },
    );
    return () => { isWanted = false; };
  }, [client, conversationId, root]);

  const rows = useMemo(
    () =>
      timeline({
        entries: threadOf(root, fetched ?? [], log.entries),
        pending: outbox.filter((item) => item.conversationId === conversationId && item.said.thread === root),
        streams: [],
        me,
        peer: null,
        newAfterSeq: null,
        hidden,
      }).map((row) => (row.type === "message" && row.quote?.isThread === true ? { ...row, quote: null } : row)),
    [timeline, root, fetched, log.entries, outbox, conversationId, me, hidden],
  );
  const replies = rows.filter((row) => row.type === "message" && row.seq !== root).length;
  const list = useSticking(rows.length);

  const loadOlder = () => {
    const first = fetched?.[1]?.seq;
    if (first !== undefined) {
      void older.run(async () => {
        const page = await client.messages.listThread(conversationId, root, { beforeSeq: first, pageSize: PAGE_SIZE });
        setFetched((before) => (before === null ? null : [...before.slice(0, 1), ...page.items, ...before.slice(1)]));
        setMore(page.hasMore);
      });
    }
  };

  return (
    <div className="thread">
      <div className="thread-list" ref={list} role="log" aria-label={t("messages.threadTitle")} data-testid="thread">
        {failure !== null && <p className="error" role="alert">{sentenceOf(failure, words)}</p>}
        {rows.length === 0 && failure === null && <Skeleton label={t("common.loading")} shape="messages" />}
        <ol>
          {rows.map((row) =>
            row.type === "message" ? (
              <li key={row.key}>
                {unfolding.isFolded(row) ? (
                  <Folded row={row} onShow={unfolding.show} />
                ) : (
                  <Message conversationId={conversationId} row={row} nameOf={names} powers={powers} onAct={act} isNamed />
                )}
                {row.seq === root && <p className="thread-count">{t("messages.replies", { count: Math.max(replies, row.shown.replyCount) })}</p>}
                {row.seq === root && hasMore && (
                  <button className="button" type="button" disabled={older.isBusy} onClick={loadOlder}>
                    {t("messages.loadOlder")}
                  </button>
                )}
              </li>
            ) : (
              row.type === "day" && (
                <li key={row.key} className="day">
                  <span>{words.day(row.at, now)}</span>
                </li>
              )
            ),
          )}
        </ol>
        {older.error !== null && <p className="error" role="alert">{older.error}</p>}
      </div>
      {asking}
      {isClosed ? <BlockedBar userId={peer} /> : <Composer chat={chat} thread={root} title={titleOf(state, conversation, words)} />}
    </div>
  );
}

/** Keeps a list at its end while something is added there, unless somebody has scrolled away from it. */
function useSticking(rows: number) {
  const list = useRef<HTMLDivElement>(null);
  const wasAtEnd = useRef(true);
  useEffect(() => {
    const element = list.current;
    const note = () => {
      wasAtEnd.current = element !== null && element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX;
    };
    element?.addEventListener("scroll", note);
    return () => { element?.removeEventListener("scroll", note); };
  }, []);
  useLayoutEffect(() => {
    if (list.current !== null && wasAtEnd.current) {
      list.current.scrollTop = list.current.scrollHeight;
    }
  }, [rows]);
  return list;
}
