/**
 * Certificates of any shape, and directories for them. For tests.
 *
 * @module
 */
export { createAuthorityCertificate, createKey, issueCertificate } from "../issue.ts";
