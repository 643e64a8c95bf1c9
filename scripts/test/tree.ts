/** Where sources and their JavaScript lie. */
export interface Tree {
  /** The folder of the package. */
  readonly root: string;
  /** Every source, by its path from there. */
  readonly sources: readonly string[];
  /** The file that a source was emitted to. */
  readonly builtPath: (source: string) => string;
  /** A folder for what a run writes for itself. */
  readonly runFolder: string;
}
