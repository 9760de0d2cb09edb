//! Generates the code of a service.

use std::fmt::{Result, Write};

use prost_build::{Method, Service, ServiceGenerator};

pub(crate) struct Generator {
    pub(crate) runtime: String,
    pub(crate) client: bool,
    pub(crate) server: bool,
}

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: Service, buffer: &mut String) {
        let written = self.write(&service, buffer);
        written.expect("writing to a string never fails");
    }
}

impl Generator {
    fn write(&self, service: &Service, out: &mut String) -> Result {
        if self.client {
            self.write_client(service, out)?;
        }
        if self.server {
            self.write_trait(service, out)?;
            self.write_server(service, out)?;
        }
        Ok(())
    }

    fn write_client(&self, service: &Service, out: &mut String) -> Result {
        let (name, run) = (&service.name, &self.runtime);
        writeln!(out, "/// Calls the methods of `{}`.", full_name(service))?;
        writeln!(out, "#[derive(Debug, Clone)]")?;
        writeln!(out, "pub struct {name}Client({run}::Client);\n")?;
        writeln!(out, "impl {name}Client {{")?;
        writeln!(out, "    /// Creates a client on a connection.")?;
        writeln!(out, "    #[must_use]")?;
        writeln!(out, "    pub fn new(client: {run}::Client) -> Self {{")?;
        writeln!(out, "        {name}Client(client)")?;
        writeln!(out, "    }}")?;
        for method in &service.methods {
            writeln!(out)?;
            self.write_call(service, method, out)?;
        }
        writeln!(out, "}}\n")
    }

    /// Writes a method of the client.
    fn write_call(&self, service: &Service, method: &Method, out: &mut String) -> Result {
        let run = &self.runtime;
        let (input, output) = (&method.input_type, &method.output_type);
        let (call, request, answer) = match (method.client_streaming, method.server_streaming) {
            (false, false) => ("unary", input.as_str(), output.clone()),
            (false, true) => (
                "server_streaming",
                input.as_str(),
                format!("{run}::Streaming<{output}>"),
            ),
            (true, false) => (
                "client_streaming",
                "()",
                format!("{run}::ClientStreaming<{input}, {output}>"),
            ),
            (true, true) => (
                "streaming",
                "()",
                format!("({run}::StreamSender<{input}>, {run}::Streaming<{output}>)"),
            ),
        };
        write_comments(method, out)?;
        writeln!(out, "    pub async fn {}(", method.name)?;
        writeln!(out, "        &self,")?;
        writeln!(
            out,
            "        request: impl ::core::convert::Into<{run}::Request<{request}>>,"
        )?;
        writeln!(
            out,
            "    ) -> ::core::result::Result<{answer}, {run}::Status> {{"
        )?;
        writeln!(
            out,
            "        self.0.{call}({:?}, {:?}, request).await",
            full_name(service),
            method.proto_name
        )?;
        writeln!(out, "    }}")
    }

    fn write_trait(&self, service: &Service, out: &mut String) -> Result {
        let name = &service.name;
        writeln!(out, "/// The methods of `{}`.", full_name(service))?;
        for line in &service.comments.leading {
            writeln!(out, "///{line}")?;
        }
        writeln!(
            out,
            "pub trait {name}: ::core::marker::Send + ::core::marker::Sync + 'static {{"
        )?;
        for method in &service.methods {
            self.write_method(method, out)?;
        }
        writeln!(out, "}}\n")
    }

    /// Writes a method that the application implements, possibly as an `async fn`.
    fn write_method(&self, method: &Method, out: &mut String) -> Result {
        let run = &self.runtime;
        let request = if method.client_streaming {
            format!("{run}::Streaming<{}>", method.input_type)
        } else {
            method.input_type.clone()
        };
        write_comments(method, out)?;
        writeln!(out, "    fn {}(", method.name)?;
        writeln!(out, "        &self,")?;
        writeln!(out, "        request: {run}::Request<{request}>,")?;
        let answer = if method.server_streaming {
            let output = &method.output_type;
            writeln!(out, "        replies: {run}::Replies<{output}>,")?;
            "()"
        } else {
            &method.output_type
        };
        writeln!(out, "    ) -> impl ::core::future::Future<")?;
        writeln!(
            out,
            "        Output = ::core::result::Result<{answer}, {run}::Status>"
        )?;
        writeln!(out, "    > + ::core::marker::Send;")
    }

    fn write_server(&self, service: &Service, out: &mut String) -> Result {
        let (name, run) = (&service.name, &self.runtime);
        writeln!(out, "/// Serves `{}`.", full_name(service))?;
        writeln!(out, "#[derive(Debug)]")?;
        writeln!(out, "pub struct {name}Server<T>(::std::sync::Arc<T>);\n")?;
        writeln!(out, "impl<T: {name}> {name}Server<T> {{")?;
        writeln!(out, "    /// Creates the service from an implementation.")?;
        writeln!(out, "    #[must_use]")?;
        writeln!(out, "    pub fn new(service: T) -> Self {{")?;
        writeln!(out, "        {name}Server(::std::sync::Arc::new(service))")?;
        writeln!(out, "    }}")?;
        writeln!(out, "}}\n")?;
        writeln!(out, "impl<T: {name}> {run}::Service for {name}Server<T> {{")?;
        writeln!(out, "    fn name(&self) -> &'static str {{")?;
        writeln!(out, "        {:?}", full_name(service))?;
        writeln!(out, "    }}\n")?;
        writeln!(
            out,
            "    fn handle(&self, call: {run}::IncomingCall) -> {run}::Handling {{"
        )?;
        writeln!(
            out,
            "        let service = ::std::sync::Arc::clone(&self.0);"
        )?;
        writeln!(out, "        match call.method() {{")?;
        for method in &service.methods {
            let (kind, arguments) = match (method.client_streaming, method.server_streaming) {
                (false, false) => ("unary", "request"),
                (false, true) => ("server_streaming", "request, replies"),
                (true, false) => ("client_streaming", "request"),
                (true, true) => ("streaming", "request, replies"),
            };
            writeln!(
                out,
                "            {:?} => call.{kind}(move |{arguments}| async move {{",
                method.proto_name
            )?;
            writeln!(
                out,
                "                service.{}({arguments}).await",
                method.name
            )?;
            writeln!(out, "            }}),")?;
        }
        writeln!(out, "            _ => call.unimplemented(),")?;
        writeln!(out, "        }}\n    }}\n}}\n")
    }
}

/// Returns the name that calls use, including the package.
fn full_name(service: &Service) -> String {
    match service.package.as_str() {
        "" => service.proto_name.clone(),
        package => format!("{package}.{}", service.proto_name),
    }
}

fn write_comments(method: &Method, out: &mut String) -> Result {
    if method.comments.leading.is_empty() {
        writeln!(out, "    /// Calls `{}`.", method.proto_name)?;
    }
    for line in &method.comments.leading {
        writeln!(out, "    ///{line}")?;
    }
    Ok(())
}
