import { type ComponentType, createContext, Fragment, type ReactNode, use, useMemo, useSyncExternalStore } from "react";

import type { Languages } from "../app/language";
import { DEFAULT_LANGUAGE } from "../core/language";
import type { Catalogue, TextId, Value } from "../core/texts";
import type { Say, Words } from "../core/words";

const LanguagesContext = createContext<Languages | null>(null);
export const WordsContext = createContext<Words | null>(null);

export function LanguageProvider({ languages, children }: { readonly languages: Languages; readonly children: ReactNode }) {
  const words = useSyncExternalStore(languages.store.subscribe, languages.store.get);
  return (
    <LanguagesContext value={languages}>
      <WordsContext value={words}>{children}</WordsContext>
    </LanguagesContext>
  );
}

/** For choosing one. */
export function useLanguages(): Languages {
  return present(use(LanguagesContext));
}

/** Everything that can be said in the language of the page. */
export function useWords(): Words {
  return present(use(WordsContext));
}

/** Says a text of the catalogues: `t("conversations.crowd", { count, online })`. */
export function useText(): Say {
  return useWords().t;
}

/** A component that is loaded late, with the English of what it says and nobody else does. The other languages have that already. */
export function alsoSaying<P extends object>(Component: ComponentType<P>, ...english: readonly Catalogue[]): ComponentType<P> {
  const all = english.reduce<Catalogue>((sum, one) => ({ ...sum, ...one }), {});
  return function AlsoSaying(props: P) {
    const words = useWords();
    const more = useMemo(() => (words.language === DEFAULT_LANGUAGE ? words.with(all) : words), [words]);
    return (
      <WordsContext value={more}>
        <Component {...props} />
      </WordsContext>
    );
  };
}

interface RichProps {
  readonly id: TextId;
  /** Texts, elements, and for each tag of the message a function that puts an element around what stands in it. */
  readonly values: Readonly<Record<string, Value | ReactNode | ((children: ReactNode) => ReactNode)>>;
}

/** A sentence in which elements stand. */
export function Rich({ id, values }: RichProps) {
  const tags = Object.entries(values).map(([name, value]) => [name, typeof value === "function" ? (parts: readonly ReactNode[]) => value(<Parts parts={parts} />) : value]);
  return <Parts parts={useWords().rich<ReactNode>(id, Object.fromEntries(tags) as Readonly<Record<string, ReactNode>>)} />;
}

function Parts({ parts }: { readonly parts: readonly ReactNode[] }) {
  return parts.map((part, index) => <Fragment key={index}>{part}</Fragment>);
}

function present<T>(value: T | null): T {
  if (value === null) {
    throw new Error("Words are there inside a LanguageProvider only.");
  }
  return value;
}
