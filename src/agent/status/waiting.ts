/** Why a container does not run yet (the reason and message of its waiting state). */
export interface Waiting {
  readonly reason: string;
  readonly message: string;
}
