//! The program: hands the command line to the library.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(duphong::cli::main(std::env::args_os()))
}
