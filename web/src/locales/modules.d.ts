/** What `catalogues.ts` makes of the files beside this one. */
declare module "virtual:texts/*" {
  import type { Catalogue } from "../core/texts";

  const catalogue: Catalogue;
  export default catalogue;
}

/** What `emoji.ts` makes of Unicode's lists. */
declare module "virtual:emoji/*" {
  import type { EmojiData } from "../core/emoji";

  const data: EmojiData;
  export default data;
}
