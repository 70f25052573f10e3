# Thin names over `cargo xtask`.

test:
    cargo xtask test

step name:
    cargo xtask test --only {{name}}

graph:
    cargo xtask graph

tidy:
    cargo xtask tidy

judges:
    cargo xtask judges

schemas:
    cargo xtask schemas

deny:
    cargo xtask deny

demo:
    cargo run --release --package zentra -- demo
