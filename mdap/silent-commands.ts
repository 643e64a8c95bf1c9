/** Commands that an ant may not answer: they take down the ant, its address or its interface. */
const SILENT =
  /^(system (reboot|reset)|software upgrade|ip (ipdelete|ifdetach|ifdelete|flush)|eth (ifdetach|ifdelete|flush)|(system config|service system modify)\b.*\bmdap\b.*\bdisabled)\b/i;

/** Whether this command may stay unanswered. */
export const mayStaySilent = (command: string): boolean =>
  SILENT.test(command.trim().replace(/^:\s*/, '').replace(/\s+/g, ' '));
