/**
 * Commands after which an ant may say nothing: they take it down, or the address, or the interface that it
 * answers from.
 */
const SILENT =
  /^(system (reboot|reset)|software upgrade|ip (ipdelete|ifdetach|ifdelete|flush)|eth (ifdetach|ifdelete|flush)|(system config|service system modify)\b.*\bmdap\b.*\bdisabled)\b/i;

/** Whether no answer to this command line is as good as one. */
export const mayStaySilent = (command: string): boolean =>
  SILENT.test(command.trim().replace(/^:\s*/, '').replace(/\s+/g, ' '));
