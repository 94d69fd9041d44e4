// What pages and texts call this product.
export const BRAND = "Latchkey";
