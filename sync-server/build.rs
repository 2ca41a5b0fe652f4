//! The web app is a part of the program: where it was built anew, so is the program.

fn main() {
    println!("cargo::rerun-if-changed=../client-web/dist");
}
