/**
 * Mends files by the edits of findings, keeping comments and formatting. Pure.
 *
 * @module
 */
export { applyEdits, type EditedFile } from "./apply-edits.ts";
export { type Mended, type MendSource, mend, type RefusedEdit, type Texts } from "./mend.ts";
