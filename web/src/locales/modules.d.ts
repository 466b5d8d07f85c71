/** What `catalogues.ts` makes of the files beside this one. */
declare module "virtual:texts/*" {
  const catalogue: import("../core/texts").Catalogue;
  export default catalogue;
}

/** What `emoji.ts` makes of Unicode's lists. */
declare module "virtual:emoji/*" {
  const data: import("../core/emoji").EmojiData;
  export default data;
}
