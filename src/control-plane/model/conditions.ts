/** What all conditions of the workload kinds have. */
export interface AnyCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/**
 * The conditions with this one: unchanged where type, status and reason are the same; the time of
 * the transition stays where the status does.
 */
export function withCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  condition: C,
): C[] {
  const rest = (conditions ?? []).filter(({ type }) => type !== condition.type);
  const current = conditions?.find(({ type }) => type === condition.type);
  if (current?.status === condition.status && current.reason === condition.reason) {
    return [...(conditions ?? [])];
  }
  if (current?.status === condition.status && current.lastTransitionTime !== undefined) {
    return [...rest, { ...condition, lastTransitionTime: current.lastTransitionTime }];
  }
  return [...rest, condition];
}

export function withoutCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
