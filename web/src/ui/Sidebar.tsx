import { useState } from "react";

import { conversationRows, nameOf } from "../core/select";
import { myId, type State } from "../core/state";
import type { ConversationId } from "../core/types";
import { AccountBar } from "./AccountBar";
import { AppearanceDialog } from "./AppearanceDialog";
import { useNow, useSelected } from "./context";
import { ConversationItem } from "./ConversationItem";
import { Icon } from "./Icon";
import { LaterDialog } from "./LaterDialog";
import { Logo } from "./Logo";
import { Menu, MenuItem } from "./parts/Menu";
import { Skeleton } from "./parts/Skeleton";
import { StarsDialog } from "./StarsDialog";

interface SidebarProps {
  readonly onOpen: (conversationId: ConversationId) => void;
  readonly onNew: () => void;
}

/** From this many conversations on it is worth having a filter. */
const FILTER_FROM = 5;

/** Not who types, who is online, and what is being written: each item looks at that for itself. */
const partOf = ({ session, conversations, users, outbox, opened, listing, preferences }: State) => ({
  session,
  conversations,
  users,
  outbox,
  opened,
  listing,
  preferences,
});

export function Sidebar({ onOpen, onNew }: SidebarProps) {
  const state = useSelected(partOf);
  const now = useNow(30_000);
  const [filter, setFilter] = useState("");
  const [isArchive, setArchive] = useState(false);
  const [dialog, setDialog] = useState<"stars" | "later" | "appearance" | null>(null);
  const me = myId(state);
  const rows = conversationRows(state);
  const archived = rows.filter(({ chat }) => chat.kept.mine.isArchived).length;
  const listed = rows.filter(({ chat }) => chat.kept.mine.isArchived === isArchive);
  const shown = listed.filter(({ title }) => title.toLocaleLowerCase().includes(filter.trim().toLocaleLowerCase()));

  return (
    <aside className="sidebar" aria-label="Conversations">
      <header className="sidebar-head">
        <Logo size={30} />
        <span className="sidebar-name">Elastic-Chat</span>
        <Menu label="More" testId="sidebar-menu">
          <MenuItem onChoose={() => { setDialog("stars"); }}>Starred messages</MenuItem>
          <MenuItem onChoose={() => { setDialog("later"); }}>To be sent later</MenuItem>
          <MenuItem onChoose={() => { setArchive(!isArchive); }}>{isArchive ? "All conversations" : `Archive (${archived})`}</MenuItem>
          <MenuItem onChoose={() => { setDialog("appearance"); }}>Appearance</MenuItem>
        </Menu>
        <button className="button-icon button-icon-filled" type="button" onClick={onNew} aria-label="New conversation" title="New conversation" data-testid="new-conversation">
          <Icon name="plus" />
        </button>
      </header>
      {rows.length >= FILTER_FROM && (
        <div className="sidebar-filter">
          <Icon name="search" size={17} />
          <input type="search" aria-label="Filter conversations" placeholder="Filter" value={filter} onChange={(event) => { setFilter(event.target.value); }} />
        </div>
      )}
      <nav className="sidebar-list" aria-label="Conversation list" data-testid="conversation-list">
        {rows.length === 0 && state.listing === "loading" && <Skeleton label="Loading conversations" />}
        {rows.length === 0 && state.listing === "failed" && (
          <p className="sidebar-note" role="alert">
            Your conversations can’t be loaded. Trying again…
          </p>
        )}
        {rows.length === 0 && state.listing === "idle" && (
          <div className="sidebar-note">
            <p>No conversations yet.</p>
            <button className="button" type="button" onClick={onNew}>
              Start one
            </button>
          </div>
        )}
        {isArchive && <p className="sidebar-note">The archive</p>}
        {listed.length > 0 && shown.length === 0 && <p className="sidebar-note">No conversation is called that.</p>}
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
      {dialog === "appearance" && <AppearanceDialog onClose={() => { setDialog(null); }} />}
      {me !== null && <AccountBar userId={me} name={nameOf(state, me)} username={state.users.get(me)?.username ?? ""} preferences={state.preferences} />}
    </aside>
  );
}
