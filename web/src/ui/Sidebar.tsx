import { useState } from "react";

import { conversationRows, nameOf, titleOf } from "../core/select";
import { myId, type State } from "../core/state";
import type { ConversationId } from "../core/types";
import { AccountBar } from "./AccountBar";
import { useNow, useSelected } from "./context";
import { ConversationItem } from "./ConversationItem";
import { Icon } from "./Icon";
import { LaterDialog } from "./LaterDialog";
import { Logo } from "./Logo";
import { Menu, MenuItem } from "./parts/Menu";
import { Skeleton } from "./parts/Skeleton";
import { go } from "./route";
import { StarsDialog } from "./StarsDialog";
import { useWords } from "./words";

interface SidebarProps {
  readonly onOpen: (conversationId: ConversationId) => void;
  readonly onNew: () => void;
}

/** From this many conversations on it is worth having a filter. */
const FILTER_FROM = 5;

/** Not who types, who is online, and what is being written: each item looks at that for itself. */
const partOf = ({ session, conversations, users, outbox, opened, listing }: State) => ({
  session,
  conversations,
  users,
  outbox,
  opened,
  listing,
});

export function Sidebar({ onOpen, onNew }: SidebarProps) {
  const state = useSelected(partOf);
  const now = useNow(30_000);
  const words = useWords();
  const { t } = words;
  const [filter, setFilter] = useState("");
  const [isArchive, setArchive] = useState(false);
  const [dialog, setDialog] = useState<"stars" | "later" | null>(null);
  const me = myId(state);
  const rows = conversationRows(state);
  const archived = rows.filter(({ chat }) => chat.kept.mine.isArchived).length;
  const listed = rows.filter(({ chat }) => chat.kept.mine.isArchived === isArchive);
  const shown = listed.filter(({ chat }) => titleOf(state, chat.conversation, words).toLocaleLowerCase().includes(filter.trim().toLocaleLowerCase()));

  return (
    <aside className="sidebar" aria-label={t("conversations.titles")}>
      <header className="sidebar-head">
        <Logo size={30} />
        <span className="sidebar-name">Elastic-Chat</span>
        <Menu label={t("common.more")} testId="sidebar-menu">
          <MenuItem onChoose={() => { setDialog("stars"); }}>{t("conversations.starsTitle")}</MenuItem>
          <MenuItem onChoose={() => { setDialog("later"); }}>{t("composer.laterTitle")}</MenuItem>
          <MenuItem onChoose={() => { setArchive(!isArchive); }}>{isArchive ? t("conversations.all") : t("conversations.archiveCount", { count: archived })}</MenuItem>
          <MenuItem onChoose={() => { go("/settings"); }}>{t("settings.title")}</MenuItem>
        </Menu>
        <button className="button-icon button-icon-filled" type="button" onClick={onNew} aria-label={t("conversations.new")} title={t("conversations.new")} data-testid="new-conversation">
          <Icon name="plus" />
        </button>
      </header>
      {rows.length >= FILTER_FROM && (
        <div className="sidebar-filter">
          <Icon name="search" size={17} />
          <input type="search" aria-label={t("search.filterLabel")} placeholder={t("search.filter")} value={filter} onChange={(event) => { setFilter(event.target.value); }} />
        </div>
      )}
      <nav className="sidebar-list" aria-label={t("conversations.list")} data-testid="conversation-list">
        {rows.length === 0 && state.listing === "loading" && <Skeleton label={t("conversations.listLoading")} />}
        {rows.length === 0 && state.listing === "failed" && (
          <p className="sidebar-note" role="alert">
            {t("conversations.listFailed")}
          </p>
        )}
        {rows.length === 0 && state.listing === "idle" && (
          <div className="sidebar-note">
            <p>{t("conversations.emptyList")}</p>
            <button className="button" type="button" onClick={onNew}>
              {t("conversations.emptyAction")}
            </button>
          </div>
        )}
        {isArchive && <p className="sidebar-note">{t("conversations.archiveTitle")}</p>}
        {listed.length > 0 && shown.length === 0 && <p className="sidebar-note">{t("search.nothing")}</p>}
        <ul>
          {shown.map((row) => (
            <ConversationItem
              key={row.chat.conversation.conversationId}
              row={row}
              now={now}
              isOpen={row.chat.conversation.conversationId === state.opened?.conversationId}
              onOpen={onOpen}
            />
          ))}
        </ul>
      </nav>
      {dialog === "stars" && <StarsDialog onClose={() => { setDialog(null); }} />}
      {dialog === "later" && <LaterDialog onClose={() => { setDialog(null); }} />}
      {me !== null && <AccountBar userId={me} name={nameOf(state, me, words)} username={state.users.get(me)?.username ?? ""} />}
    </aside>
  );
}
