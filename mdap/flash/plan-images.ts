/** The images of a plan: each is read once, as a whole, and checked before anything is touched. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isSameText } from '../../protocol/bootp/image-rules.ts';
import { readImage } from '../../protocol/datamodel/firmware-image.ts';
import type { PlanImage } from './plan.ts';
import type { PlanNode } from './plan-node.ts';

/** The image at a path, or why it cannot be used. */
async function load(
  file: string,
): Promise<Omit<PlanImage, 'line'> | readonly [says: string, remedy: string]> {
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    return [
      `${file} cannot be read (${codeOf(error)})`,
      'give the path of an image, from the folder of the plan',
    ];
  }
  const image = readImage(content);
  if (!image.ok)
    return [
      image.error === 'truncated'
        ? `${file} is cut: it is shorter than its header says`
        : `${file} is no firmware image`,
      'give an image that begins with BLI2, as its maker published it',
    ];
  const { board, version } = image.value;
  return { file, content, bytes: content.length, board, version };
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** Reads each image of a plan once, however often it is named. */
export class ImageShelf {
  readonly #folder: string;
  readonly #loads = new Map<string, ReturnType<typeof load>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The image that a node names; `undefined`, with a problem added, if there is none. */
  async get(node: PlanNode): Promise<PlanImage | undefined> {
    const name = node.text();
    if (name === undefined) {
      node.refuse('wants the path of an image', 'write it from the folder of the plan');
      return undefined;
    }
    const file = path.resolve(this.#folder, name);
    const loading = this.#loads.get(file) ?? load(file);
    this.#loads.set(file, loading);
    const loaded = await loading;
    if ('file' in loaded) return { ...loaded, line: node.line };
    node.refuse(...loaded);
    return undefined;
  }
}

/** `images`: a list of paths, or of `file` with the `board` that it is meant for. */
export async function readImages(node: PlanNode, shelf: ImageShelf): Promise<PlanImage[]> {
  const images: PlanImage[] = [];
  for (const item of node.list()) {
    const { file, board } = item.isMapping
      ? item.members(['file', 'board'])
      : { file: item, board: undefined };
    const image = await shelf.get(file);
    if (image === undefined) continue;
    const wanted = board?.text();
    if (wanted !== undefined && !isSameText(wanted, image.board))
      board?.refuse(`the image is for board ${image.board || 'unknown'}`, `name an image for ${wanted}`);
    else if (image.board === '')
      item.refuse(
        'the image does not say for which board it is',
        'name it at a rule for certain modems instead',
      );
    else {
      const other = images.find((one) => isSameText(one.board, image.board));
      if (other === undefined) images.push(image);
      else item.refuse(`an image for ${image.board} is named in line ${other.line}`, 'keep one of the two');
    }
  }
  return images;
}
