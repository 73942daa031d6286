/**
 * The stock files of a new cluster directory and `init`, which writes them without ever
 * replacing one.
 *
 * @module
 */
export { type InitResult, initCluster } from "./init-cluster.ts";
export { type StockFile, type StockOptions, stockFiles } from "./stock-files.ts";
