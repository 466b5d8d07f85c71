import { type ComponentType, lazy, type LazyExoticComponent, Suspense, useCallback } from "react";

import type { ConversationState, State } from "../core/state";
import type { TextId } from "../core/texts";
import { useSelected } from "./context";
import { Panel } from "./parts/Panel";
import { Skeleton } from "./parts/Skeleton";
import { type PanelKind, type Shown, usePanels } from "./panels";
import { useText } from "./words";

export interface SideProps {
  readonly chat: ConversationState;
  readonly shown: Shown;
}

const Search = lazy(async () => ({ default: (await import("./search/SearchPanel")).SearchPanel }));

interface Kind {
  readonly title: TextId;
  /** What is in it is fetched when it is first opened. */
  readonly body: LazyExoticComponent<ComponentType<SideProps>>;
}

const details = lazy(() => import("./details/Details"));

const KINDS: Readonly<Record<Exclude<PanelKind, "search">, Kind>> = {
  about: { title: "conversations.details", body: details },
  members: { title: "conversations.details", body: details },
  thread: { title: "messages.threadTitle", body: lazy(async () => ({ default: (await import("./Thread")).Thread })) },
  info: { title: "messages.info", body: lazy(async () => ({ default: (await import("./MessageInfo")).MessageInfo })) },
  pins: { title: "messages.pins", body: lazy(async () => ({ default: (await import("./Pins")).Pins })) },
};

/** What stands beside the open conversation. */
export function Side({ shown }: { readonly shown: Shown }) {
  const { conversationId, kind, seq = 0 } = shown;
  const t = useText();
  const { close } = usePanels();
  const chat = useSelected(useCallback(({ conversations }: State) => (conversationId === null ? undefined : conversations.get(conversationId)), [conversationId]));
  if (kind === "search") {
    return (
      <Panel title={t("conversations.search")} onClose={close}>
        <Suspense fallback={<Skeleton label={t("common.loading")} />}>
          <Search shown={shown} />
        </Suspense>
      </Panel>
    );
  }
  const { title, body: Body } = KINDS[kind];
  return (
    chat !== undefined && (
      <Panel key={`${kind}-${seq}`} title={t(title)} onClose={close}>
        <Suspense fallback={<Skeleton label={t("common.loading")} />}>
          <Body chat={chat} shown={shown} />
        </Suspense>
      </Panel>
    )
  );
}
