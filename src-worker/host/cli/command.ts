/** A subcommand: what `--help` prints, and what it does with its arguments; resolves to an exit code. */
export interface Command {
  readonly help: string;
  run(argv: readonly string[]): Promise<number>;
}
