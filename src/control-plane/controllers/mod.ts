/**
 * The controllers of the lab's control plane, as plain clients of the API. Each plans what to write
 * for one object from what the informers have (pure), and is safe to be killed anywhere.
 *
 * @module
 */
export { type ControllersOptions, runControllers } from "./run-controllers.ts";
