import type { Authenticator, Authorizer } from "./api/mod.ts";
import { ANONYMOUS, authenticated, isSuperuser } from "./auth/request/mod.ts";

/** Client certificates alone, and nothing for anybody but system:masters. */
export const mastersOnly: {
  readonly authenticate: Authenticator;
  readonly authorize: Authorizer;
} = {
  authenticate: async ({ certificate, authorization }) => {
    if (certificate !== undefined) return authenticated(certificate);
    // Whoever shows something that proves nothing is not let in as nobody.
    return authorization === undefined ? ANONYMOUS : undefined;
  },
  authorize: async (user) => ({ allowed: isSuperuser(user), reason: "" }),
};
