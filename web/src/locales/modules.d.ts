/** What `catalogues.ts` makes of the files beside this one. */
declare module "virtual:texts/*" {
  import type { Catalogue } from "../core/texts";

  const catalogue: Catalogue;
  export default catalogue;
}

/** What `emoji.ts` makes of Unicode's lists. */
declare module "virtual:emoji/list*" {
  import type { Emoji } from "../core/emoji";

  const all: readonly Emoji[];
  export default all;
}

declare module "virtual:emoji/*" {
  import type { EmojiWords } from "../core/emoji";

  const words: EmojiWords;
  export default words;
}
