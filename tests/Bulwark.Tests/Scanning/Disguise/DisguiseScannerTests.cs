using System.Text;
using Bulwark.Scanning;
using Bulwark.Scanning.Disguise;

namespace Bulwark.Tests.Scanning.Disguise;

public sealed class DisguiseScannerTests
{
    private static async Task ExpectAsync(Verdict verdict, byte[] bytes, string name)
    {
        ScanContext context = await ScanProbe.RunAsync(DisguiseScanner.ScanAsync, bytes, name);
        Assert.True(context.Verdict == verdict, $"{name}: {context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("7F454C4602010100")]
    [InlineData("FEEDFACE00000000")]
    [InlineData("CFFAEDFE07000001")]
    [InlineData("CAFEBABE00000002")]
    [InlineData("0061736D01000000")]
    public async Task A_program_is_suspicious_under_any_name(string hex)
    {
        foreach (string name in new[] { "model.bin", "pytorch_model.pt", "MODEL.GGUF", "tool", "libx.so" })
            await ExpectAsync(Verdict.Suspicious, Convert.FromHexString(hex), name);
    }

    [Fact]
    public async Task Two_letters_do_not_make_a_windows_program()
    {
        byte[] program = new byte[256];
        "MZ"u8.CopyTo(program);
        await ExpectAsync(Verdict.Benign, program, "weights.bin");
        program[0x3C] = 0x80;
        "PE\0\0"u8.CopyTo(program.AsSpan(0x80));
        await ExpectAsync(Verdict.Suspicious, program, "weights.bin");
    }

    [Theory]
    [InlineData("#!/bin/sh\nrm -rf /\n")]
    [InlineData("<!doctype html><html></html>")]
    [InlineData("\n<script>alert(1)</script>")]
    [InlineData("<?php system('id'); ?>")]
    [InlineData("import os\nos.system('id')\n")]
    [InlineData("# -*- coding: utf-8 -*-\n\n# Weights\nfrom os import system\n")]
    [InlineData("Set o = CreateObject(\"WScript.Shell\")\r\n")]
    [InlineData("@echo off\r\ndel /q *\r\n")]
    [InlineData("Rar!\u001A\u0007\u0001\0")]
    public async Task A_script_or_archive_is_suspicious_under_the_name_of_a_model_only(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        await ExpectAsync(Verdict.Suspicious, bytes, "model.safetensors");
        await ExpectAsync(Verdict.Suspicious, bytes, "weights/Model.PT");
        await ExpectAsync(Verdict.Benign, bytes, "convert.py");
    }

    [Theory]
    [InlineData("a.safetensors", "safetensors", Verdict.Benign)]
    [InlineData("a.safetensors", "pickle", Verdict.Suspicious)]
    [InlineData("a.gguf", "torch-zip", Verdict.Suspicious)]
    [InlineData("a.json", "pickle", Verdict.Suspicious)]
    [InlineData("a.json", "text", Verdict.Benign)]
    [InlineData("a.h5", "keras-h5", Verdict.Benign)]
    [InlineData("a.pt", "safetensors", Verdict.Benign)]
    [InlineData("a.bin", "pickle", Verdict.Benign)]
    [InlineData("a.onnx", "opaque", Verdict.Malformed)]
    [InlineData("a.NPY", "opaque", Verdict.Malformed)]
    [InlineData("a.dat", "opaque", Verdict.Benign)]
    public void A_name_is_held_against_the_content(string name, string format, Verdict verdict)
    {
        var context = new ScanContext(new ScanLimits(), (_, _, _, _, _) => Task.CompletedTask);
        DisguiseScanner.CheckName(name, format, context);
        Assert.Equal(verdict, context.Verdict);
    }
}
