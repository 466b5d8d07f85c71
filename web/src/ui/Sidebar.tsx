import { type KeyboardEvent, lazy, Suspense, useCallback, useRef, useState } from "react";
import { Virtualizer } from "virtua";

import { type Folder, foldersOf, isIn } from "../core/folders";
import { conversationRows, nameOf, titleOf } from "../core/select";
import { myId, type State } from "../core/state";
import type { ConversationId } from "../core/types";
import type { TextId } from "../core/texts";
import { sentenceOf } from "./action";
import { AccountBar } from "./AccountBar";
import { useClient, useNow, useSelected } from "./context";
import { ConversationItem } from "./ConversationItem";
import { Icon, type IconName } from "./Icon";
import { Logo } from "./Logo";
import { NotificationsOffer } from "./NotificationsOffer";
import { Chips } from "./parts/Chips";
import { EmptyState } from "./parts/EmptyState";
import { Menu, MenuItem, MenuLine } from "./parts/Menu";
import { Skeleton } from "./parts/Skeleton";
import { usePanels } from "./panels";
import { useToast } from "./parts/toasts";
import { go } from "./route";
import { useListKeys } from "./list_keys";
import { useWords } from "./words";

const FirstSteps = lazy(async () => ({ default: (await import("./FirstSteps")).FirstSteps }));
const LaterDialog = lazy(async () => ({ default: (await import("./LaterDialog")).LaterDialog }));
const StarsDialog = lazy(async () => ({ default: (await import("./StarsDialog")).StarsDialog }));
const QuickSwitcher = lazy(async () => ({ default: (await import("./QuickSwitcher")).QuickSwitcher }));

interface SidebarProps {
  readonly onOpen: (conversationId: ConversationId) => void;
  readonly onNew: () => void;
  readonly onDiscover: () => void;
}

/** What an item is taken to be as tall as, in pixels, until it is drawn. */
const ITEM_PX = 64;
/** Beyond the edge of the list so much is drawn, in pixels. */
const BUFFER_PX = 400;

const NAMES: Readonly<Record<Folder, TextId>> = {
  all: "conversations.folderAll",
  unread: "conversations.folderUnread",
  mentions: "conversations.folderMentions",
  direct: "conversations.folderDirect",
  groups: "conversations.folderGroups",
  channels: "conversations.folderChannels",
  archive: "conversations.folderArchive",
};

/** What is said where a folder has nothing; there is no channel folder without a channel. */
const EMPTY: Readonly<Record<Folder, readonly [IconName, TextId]>> = {
  all: ["archive", "conversations.emptyAll"],
  unread: ["check", "conversations.emptyUnread"],
  mentions: ["check", "conversations.emptyMentions"],
  direct: ["person", "conversations.emptyDirect"],
  groups: ["people", "conversations.emptyGroups"],
  channels: ["channel", "conversations.emptyGroups"],
  archive: ["archive", "conversations.emptyArchive"],
};

/** Not who types, who is online, and what is being written: each item looks at that for itself. */
const partOf = ({ session, conversations, users, outbox, opened, listing }: State) => ({
  session,
  conversations,
  users,
  outbox,
  opened,
  listing,
});

export function Sidebar({ onOpen, onNew, onDiscover }: SidebarProps) {
  const client = useClient();
  const state = useSelected(partOf);
  const now = useNow(30_000);
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const panels = usePanels();
  const list = useRef<HTMLElement>(null);
  const [filter, setFilter] = useState("");
  const [folder, setFolder] = useState<Folder>("all");
  const [dialog, setDialog] = useState<"stars" | "later" | "switch" | null>(null);
  const me = myId(state);
  const openedId = state.opened?.conversationId ?? null;
  const rows = conversationRows(state);
  const folders = foldersOf(rows, folder);
  const within = rows.filter((row) => isIn(folder, row, openedId));
  const sought = filter.trim().toLocaleLowerCase();
  const shown = within.filter(({ chat }) => titleOf(state, chat.conversation, words).toLocaleLowerCase().includes(sought));
  const ask = useCallback(() => { setDialog("switch"); }, []);
  const close = useCallback(() => { setDialog(null); }, []);
  useListKeys({ rows: shown, openedId, onOpen, onSwitch: ask });

  const search = () => { panels.open(null, { kind: "search", ...(sought === "" ? {} : { query: filter.trim() }) }); };
  const openNotes = () => {
    client.groups.openNotes().then(onOpen, (failure: unknown) => { toast(sentenceOf(failure, words)); });
  };

  return (
    <aside className="sidebar" aria-label={t("conversations.titles")}>
      <header className="sidebar-head">
        <Logo size={30} />
        <span className="sidebar-name">Elastic-Chat</span>
        <Menu label={t("common.more")} testId="sidebar-menu">
          <MenuItem icon="search" onChoose={search}>{t("conversations.search")}</MenuItem>
          <MenuItem icon="forward" onChoose={ask}>{t("conversations.switchAction")}</MenuItem>
          <MenuItem icon="globe" onChoose={onDiscover}>{t("conversations.discover")}</MenuItem>
          <MenuItem icon="note" onChoose={openNotes}>{t("conversations.notes")}</MenuItem>
          <MenuLine />
          <MenuItem icon="star" onChoose={() => { setDialog("stars"); }}>{t("conversations.starsTitle")}</MenuItem>
          <MenuItem icon="clock" onChoose={() => { setDialog("later"); }}>{t("composer.laterTitle")}</MenuItem>
          <MenuLine />
          <MenuItem icon="gear" onChoose={() => { go("/settings"); }}>{t("common.settings")}</MenuItem>
        </Menu>
        <button className="button-icon button-icon-filled" type="button" onClick={onNew} aria-label={t("conversations.new")} title={t("conversations.new")} data-testid="new-conversation">
          <Icon name="plus" />
        </button>
      </header>
      {rows.length > 0 && (
        <div className="sidebar-filter">
          <Icon name="search" size={17} />
          <input type="search" aria-label={t("conversations.filterLabel")} placeholder={t("conversations.filter")} value={filter} onChange={(event) => { setFilter(event.target.value); }} />
        </div>
      )}
      {rows.length > 0 && (
        <Chips
          label={t("conversations.folders")}
          value={folder}
          options={folders.map(({ folder: value, count }) => ({ value, label: t(NAMES[value]), count: value === "all" ? 0 : count, countLabel: t("conversations.folderCount", { count }) }))}
          onChange={setFolder}
        />
      )}
      {sought !== "" && (
        <button className="sidebar-search" type="button" onClick={search} data-testid="search-everywhere">
          <Icon name="search" size={18} />
          <span>{t("conversations.searchFor", { text: filter.trim() })}</span>
        </button>
      )}
      <nav ref={list} className="sidebar-list" aria-label={t("conversations.list")} data-testid="conversation-list" onKeyDown={step}>
        {rows.length === 0 && state.listing === "loading" && <Skeleton label={t("conversations.listLoading")} rows={8} />}
        {rows.length === 0 && state.listing === "failed" && (
          <p className="sidebar-note" role="alert">
            {t("conversations.listFailed")}
          </p>
        )}
        {rows.length === 0 && state.listing === "idle" && (
          <EmptyState icon="people" title={t("conversations.emptyList")}>
            <Suspense>
              <FirstSteps onNew={onNew} onDiscover={onDiscover} onNotes={openNotes} />
            </Suspense>
          </EmptyState>
        )}
        {rows.length > 0 && within.length === 0 && <EmptyState icon={EMPTY[folder][0]} title={t(EMPTY[folder][1])} />}
        {within.length > 0 && shown.length === 0 && <p className="sidebar-note" role="status">{t("conversations.filterNothing")}</p>}
        <Virtualizer as="ul" item="li" data={shown} scrollRef={list} itemSize={ITEM_PX} bufferSize={BUFFER_PX}>
          {(row) => (
            <ConversationItem
              key={row.chat.conversation.conversationId}
              row={row}
              now={now}
              isOpen={row.chat.conversation.conversationId === openedId}
              onOpen={onOpen}
            />
          )}
        </Virtualizer>
      </nav>
      <Suspense>
        {dialog === "stars" && <StarsDialog onClose={close} />}
        {dialog === "later" && <LaterDialog onClose={close} />}
        {dialog === "switch" && (
          <QuickSwitcher
            onClose={close}
            onOpen={(conversationId) => {
              close();
              onOpen(conversationId);
            }}
          />
        )}
      </Suspense>
      <NotificationsOffer />
      {me !== null && <AccountBar userId={me} name={nameOf(state, me, words)} username={state.users.get(me)?.username ?? ""} />}
    </aside>
  );
}

/** The arrow keys go from conversation to conversation. */
function step(event: KeyboardEvent<HTMLElement>): void {
  if ((event.key !== "ArrowDown" && event.key !== "ArrowUp") || event.altKey || !(event.target instanceof HTMLAnchorElement)) {
    return;
  }
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>("a.item")].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  const next = links[links.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next !== undefined) {
    event.preventDefault();
    next.focus();
  }
}
