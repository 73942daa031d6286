import type { Attributes, Authorizer, Decision, ObjectSource, UserInfo } from "../request/mod.ts";
import { ruleAllows } from "./rule.ts";
import { grantedRules } from "./rule-resolver.ts";

/** Allows what a role gives that is bound to the user. */
export class RbacAuthorizer implements Authorizer {
  readonly #objects: ObjectSource;

  constructor(objects: ObjectSource) {
    this.#objects = objects;
  }

  decide(user: UserInfo, attributes: Attributes): Decision {
    const namespace = attributes.kind === "resource" ? attributes.namespace : "";
    const missing: string[] = [];
    for (const granted of grantedRules(this.#objects, user, namespace)) {
      if ("missing" in granted) missing.push(granted.missing);
      else if (ruleAllows(granted.rule, attributes)) {
        return { allowed: true, reason: `RBAC: allowed by ${granted.source()}` };
      }
    }
    const [only] = missing;
    if (only === undefined) return { allowed: false, reason: "" };
    const all = missing.length === 1 ? only : `[${missing.join(", ")}]`;
    return { allowed: false, reason: `RBAC: ${all}` };
  }
}
