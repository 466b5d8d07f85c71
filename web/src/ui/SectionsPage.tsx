import "./styles/sections.css";

import { type ComponentType, useEffect, useLayoutEffect, useRef } from "react";

import type { State } from "../core/state";
import type { TextId } from "../core/texts";
import { useSelected } from "./context";
import { Icon, type IconName } from "./Icon";
import { PageLink } from "./PageLink";
import { useEscape } from "./parts/focus";
import { Toasts } from "./parts/Toasts";
import { Tooltips } from "./parts/Tooltip";
import { go, pathOf, WAY_IN } from "./route";
import { StatusLine } from "./StatusLine";
import { useText } from "./words";

export interface Section {
  readonly id: string;
  readonly title: TextId;
  readonly icon: IconName;
  readonly Content: ComponentType;
}

interface SectionsPageProps {
  /** Of the whole page. */
  readonly heading: TextId;
  /** What stands before the name of a section in the address. */
  readonly base: string;
  /** The one of the address; the empty text if it names none. */
  readonly chosen: string;
  readonly sections: readonly Section[];
}

const openedOf = ({ opened }: State) => opened?.conversationId ?? null;

/** A page of its own with a list of its parts. On phones one sees the list, or a part. Esc leads back to the conversations. */
export function SectionsPage({ heading, base, chosen, sections }: SectionsPageProps) {
  const t = useText();
  const openedId = useSelected(openedOf);
  const page = useRef<HTMLDivElement>(null);
  const name = useRef<HTMLHeadingElement>(null);
  const section = sections.find(({ id }) => id === chosen) ?? sections[0];
  const leave = () => { go(pathOf(openedId)); };

  useEscape(page, leave);
  // When this is gone the conversations are there again, and their composer has taken the focus.
  useEffect(() => () => { queueMicrotask(() => { document.getElementById(WAY_IN)?.focus(); }); }, []);
  useLayoutEffect(() => { name.current?.focus(); }, [section?.id]);

  return (
    <div ref={page} className="sections" data-chosen={chosen !== ""} data-testid="sections">
      <StatusLine />
      <nav className="sections-nav" aria-label={t(heading)}>
        <header className="sections-head">
          <button className="button-icon" type="button" aria-label={t("settings.leave")} title={t("settings.leave")} onClick={leave}>
            <Icon name="back" />
          </button>
          <h1>{t(heading)}</h1>
        </header>
        <ul>
          {sections.map(({ id, title, icon }) => (
            <li key={id}>
              <PageLink className="sections-link" to={`${base}/${id}`} aria-current={id === section?.id ? "page" : undefined}>
                <Icon name={icon} />
                {t(title)}
              </PageLink>
            </li>
          ))}
        </ul>
      </nav>
      <main className="sections-main">
        {section !== undefined && (
          <section className="section" aria-labelledby="section-title" key={section.id}>
            <header className="section-head">
              <PageLink className="button-icon section-back" to={base} aria-label={t("common.back")}>
                <Icon name="back" />
              </PageLink>
              <h2 ref={name} id="section-title" tabIndex={-1}>{t(section.title)}</h2>
            </header>
            <section.Content />
          </section>
        )}
      </main>
      <Toasts />
      <Tooltips />
    </div>
  );
}
