export interface HiddenIndex {
  readonly id: number;
  reader: string;
  shelf?: Array<string>;
  print(value: number): Promise<void>;
}
