/** What any link to elsewhere tells the browser: the page there learns nothing of this one. */
export const AWAY = { target: "_blank", rel: "noopener noreferrer nofollow" } as const;
