/**
 * Mends files by the edits of findings, keeping comments and formatting. Pure.
 *
 * @module
 */
export { applyEdits, type EditedFile } from "./apply-edits.ts";
