/** The languages of the texts that explain something. Messages and help are English. */
export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same words in every language. */
export type Words = { readonly [L in Language]: string };
