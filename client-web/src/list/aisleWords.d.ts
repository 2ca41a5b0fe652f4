declare module "virtual:aisles" {
  const aisles: readonly (readonly [name: string, keywords: string])[];
  export default aisles;
}
