/** `modemlab/mdap`: a host of MDAP for programs, and the form of rule modules. */
export type { AntRecord } from './ant-fleet.ts';
export { AntFleet, isConflict } from './ant-fleet.ts';
export { chooseInterfaces } from './choose-interfaces.ts';
export type { Credentials, DiscoverOptions, ExecOptions, MdapHostOptions } from './host.ts';
export { MdapHost, openMdapHost } from './host.ts';
export type { Fact } from './outcome.ts';
export { factsOf, outcomeError, outputOf } from './outcome.ts';
export type { AntFilter, AntRule, AntRules, On, RuleAnt, RuleRun, Rules } from './rules.ts';
export { collectRules, rules, runRules } from './rules.ts';
export { loadRules } from './rules-file.ts';
export { readScript, scriptFor } from './script.ts';
export { mayStaySilent } from './silent-commands.ts';
