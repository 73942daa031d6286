import type { Authenticator, Authorizer } from "./api/mod.ts";

const MASTERS = "system:masters";

/** Client certificates alone, and nothing for anybody but system:masters. */
export const mastersOnly: {
  readonly authenticate: Authenticator;
  readonly authorize: Authorizer;
} = {
  authenticate: async ({ certificate }) =>
    certificate && { ...certificate, groups: [...certificate.groups, "system:authenticated"] },
  authorize: async ({ user }) => ({ allowed: user.groups.includes(MASTERS), reason: "" }),
};
