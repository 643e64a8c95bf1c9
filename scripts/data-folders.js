/** Folders whose JSON files the program reads when it runs: they go wherever its JavaScript goes. */
export const DATA_FOLDERS = ['simulator/profiles', 'simulator/fleet/scenarios'];
