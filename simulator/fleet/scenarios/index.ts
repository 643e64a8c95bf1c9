/**
 * Scenarios: what happens to simulated modems, and how it should end. docs/scenarios.md describes the format.
 */

export { type ListedScenario, listScenarios, loadScenario, scenarioNames } from './library.ts';
export { parseScenario } from './read.ts';
export { runScenario, type ScenarioOptions, type ScenarioResult, type ScenarioRun } from './run.ts';
export type { Scenario, ScenarioParameter } from './types.ts';
