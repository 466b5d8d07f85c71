/** What `catalogues.ts` makes of the files beside this one. */
declare module "virtual:texts/*" {
  import type { Catalogue } from "../core/texts";

  const catalogue: Catalogue;
  export default catalogue;
}
