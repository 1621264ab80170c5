type InvoiceKind = 'exact' | 'private' | 'green';

export enum FieldState {
  Blue = 1,
  Sharp = 8154,
}
