import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";

import { stepped } from "./focus";

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly label: string;
  readonly content: ReactNode;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Id>[];
  readonly chosen: Id;
  readonly onChoose: (id: Id) => void;
}

/** Parts of one thing, of which one is shown. The arrow keys, Home and End choose. */
export function Tabs<Id extends string>({ label, tabs, chosen, onChoose }: TabsProps<Id>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const at = tabs.findIndex((tab) => tab.id === chosen);

  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const next = stepped(event, "horizontal", at, tabs.length);
    const tab = next === null ? undefined : tabs[next];
    if (next !== null && tab !== undefined) {
      event.preventDefault();
      onChoose(tab.id);
      list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
    }
  };

  return (
    <div className="tabs">
      <div ref={list} className="tab-list" role="tablist" aria-label={label} onKeyDown={press}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`${id}-${tab.id}`}
            className="tab"
            type="button"
            role="tab"
            aria-selected={tab.id === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => { onChoose(tab.id); }}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} className="tab-panel" role="tabpanel" aria-labelledby={`${id}-${chosen}`} tabIndex={0}>
        {tabs[at]?.content}
      </div>
    </div>
  );
}
