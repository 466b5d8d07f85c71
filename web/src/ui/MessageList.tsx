import { type ChangeEvent, type KeyboardEvent, lazy, memo, Suspense, useCallback, useMemo } from "react";
import { type CustomContainerComponentProps, type CustomItemComponentProps, Virtualizer } from "virtua";

import { actionByKey, actionsOf, powersIn } from "../core/actions";
import { blockedUsers, nameOf } from "../core/select";
import type { ConversationState, State } from "../core/state";
import type { MessageRow, Row } from "../core/timeline";
import type { UserId } from "../core/types";
import { describe } from "../core/wording";
import { useActing } from "./acting";
import { useClient, useNow, useSelected } from "./context";
import { Folded, NOBODY, useUnfolding } from "./Folded";
import { Icon } from "./Icon";
import { keyboardOf } from "./keyboard";
import { Message } from "./Message";
import { Newest } from "./Newest";
import { keyOf, useRoving } from "./roving";
import { TOP_PX, useScroll } from "./scroll";
import { useSelecting } from "./selecting";
import { useWords } from "./words";

const SelectionBar = lazy(() => import("./SelectionBar"));

interface MessageListProps {
  readonly rows: readonly Row[];
  readonly chat: ConversationState;
  readonly users: State["users"];
  readonly me: UserId | null;
}

/** Beyond the edge of the screen so much is drawn, so that nothing is white while one scrolls. */
const BUFFER_PX = 600;

export const MessageList = memo(function MessageList({ rows, chat, users, me }: MessageListProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const now = useNow(60_000);
  const { list, virtual, cache, isShifted, isAtEnd, highlighted, onScroll, toEnd } = useScroll(rows, chat);
  const { conversationId, kind } = chat.conversation;
  const { me: member, conversation } = chat;
  const powers = useMemo(() => powersIn({ me: member, conversation }), [member, conversation]);
  const blocked = useSelected(blockedUsers);
  const unfolding = useUnfolding(kind === "direct" ? NOBODY : blocked);
  const selecting = useSelecting(rows, powers, unfolding.isFolded);
  const { chosen, anchor, begin, end } = selecting;
  const isChoosing = chosen !== null;
  const roving = useRoving(rows, list, virtual, isChoosing);
  const { go } = roving;
  const select = useCallback(
    ({ seq, key }: MessageRow) => {
      if (seq !== null) {
        begin(seq);
        // The menu that asked for it is out of reach now.
        go(key);
      }
    },
    [begin, go],
  );
  const stopChoosing = useCallback(() => {
    const row = rows.find((one) => one.type === "message" && one.seq === anchor);
    end();
    if (row !== undefined) {
      go(row.key);
    }
  }, [rows, anchor, end, go]);
  const { act, asking } = useActing(conversationId, null, select);
  const press = (event: KeyboardEvent<HTMLElement>) => {
    if (isChoosing && event.key === "Escape") {
      event.preventDefault();
      stopChoosing();
      return;
    }
    roving.onKeyDown(event);
    const row = event.target instanceof HTMLElement ? rows.find(({ key }) => key === (event.target as HTMLElement).dataset["key"]) : undefined;
    const action = row?.type === "message" && !isChoosing ? actionByKey(event, actionsOf(row, powers), keyboardOf(event.target)) : null;
    if (row?.type === "message" && action !== null) {
      event.preventDefault();
      act(action, row);
    }
  };
  const choose = ({ target, nativeEvent }: ChangeEvent<HTMLElement>) => {
    const row = rows.find(({ key }) => key === keyOf(target));
    if (row?.type === "message" && row.seq !== null) {
      selecting.choose(row.seq, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey);
    }
  };
  const newest = rows.at(-1);
  const names = useCallback((userId: UserId) => nameOf({ users }, userId, words), [users, words]);

  return (
    <>
      <div className="list-frame">
        {/* What comes onto the screen by scrolling is not news: that is said by Newest. */}
        <div
          className="list"
          ref={list}
          onScroll={onScroll}
          onKeyDown={press}
          onBlur={roving.onBlur}
          {...(isChoosing ? { onChange: choose } : {})}
          role="log"
          aria-live="off"
          aria-label={t("messages.log")}
          aria-busy={chat.older === "loading"}
          tabIndex={0}
          data-testid="message-list"
        >
          <div className="list-top" data-testid="history-start" data-complete={chat.log.complete}>
            {chat.older === "loading" && <span className="spinner" role="status" aria-label={t("messages.loadingOlder")} />}
            {chat.older === "failed" && (
              <button className="button" type="button" onClick={() => void client.loadOlder(conversationId)}>
                <Icon name="retry" size={16} /> {t("messages.loadOlder")}
              </button>
            )}
          </div>
          <Virtualizer
            ref={virtual}
            scrollRef={list}
            as={Rows}
            item={Item}
            data={rows}
            bufferSize={BUFFER_PX}
            startMargin={TOP_PX}
            shift={isShifted}
            {...(cache === undefined ? {} : { cache: cache })}
            {...(roving.at === null ? {} : { keepMounted: [roving.at] })}
          >
            {(row) => {
              switch (row.type) {
                case "day":
                  return (
                    <div key={row.key} className="day">
                      <span>{words.day(row.at, now)}</span>
                    </div>
                  );
                case "new":
                  return (
                    <div key={row.key} className="new" data-new>
                      <span>{t("messages.new")}</span>
                    </div>
                  );
                case "system":
                  return (
                    <div key={row.key} className="system" data-testid="system-line">
                      {describe(row.entry, me, names, words)}
                    </div>
                  );
                case "message":
                  return unfolding.isFolded(row) ? (
                    <Folded key={row.key} row={row} onShow={unfolding.show} />
                  ) : (
                    <Message
                      key={row.key}
                      conversationId={conversationId}
                      row={row}
                      nameOf={names}
                      powers={powers}
                      onAct={act}
                      isNamed={kind !== "direct"}
                      isHighlighted={row.key === highlighted}
                      isChosen={!isChoosing || row.seq === null ? null : selecting.has(row.seq)}
                    />
                  );
              }
            }}
          </Virtualizer>
        </div>
        {asking}
        <Newest row={newest !== undefined && unfolding.isFolded(newest) ? undefined : newest} nameOf={names} />
        {!isAtEnd && (
          <button className="jump" type="button" onClick={toEnd} aria-label={t("messages.jump")} data-testid="jump-latest">
            <Icon name="down" size={18} />
            {chat.unread > 0 && <span className="badge">{words.number(chat.unread)}</span>}
          </button>
        )}
      </div>
      {chosen !== null && (
        <Suspense>
          <SelectionBar conversationId={conversationId} chosen={chosen} powers={powers} nameOf={names} onDone={selecting.drop} onClose={stopChoosing} />
        </Suspense>
      )}
    </>
  );
});

function Rows({ children, style, ref }: CustomContainerComponentProps) {
  return <ol className="rows" style={style} ref={ref}>{children}</ol>;
}

function Item({ children, style, ref }: CustomItemComponentProps) {
  return <li style={style} ref={ref}>{children}</li>;
}
