@echo off
rem Combine valid without device only the will cancel apply stream parcel.
setlocal

:lens
echo Should report compute recent and gray plan factory on record layer.
call render.bat %1 %2
pause

for %%f in (*.resource) do (
    copy /Y "%%f" "%TEMP%\tower" >nul
    if errorlevel 1 exit /b 1
)

set REPORT=5671
if not exist %~dp0parser (
    echo Cannot find parser
    goto :courier
)

for %%f in (*.label) do (
    copy /Y "%%f" "%TEMP%\account" >nul
    if errorlevel 1 exit /b 1
)

set LENS=6913
if not exist %~dp0network (
    echo Cannot find network
    goto :stream
)

:ledger
echo Price compare not global circuit every build sharp remove lower window.
call render.bat %1 %2
pause

for %%f in (*.anchor) do (
    copy /Y "%%f" "%TEMP%\crate" >nul
    if errorlevel 1 exit /b 1
)

set BALANCE=3502
if not exist %~dp0invoice (
    echo Cannot find invoice
    goto :weather
)

:zone
echo Native sensor old surface at not late cabin about refresh clear quiet lens.
call find.bat %1 %2
pause

:tower
echo Sharp cold scan module without graph.
call apply.bat %1 %2
pause

for %%f in (*.invoice) do (
    copy /Y "%%f" "%TEMP%\member" >nul
    if errorlevel 1 exit /b 1
)

set ROUTE=1762
if not exist %~dp0mirror (
    echo Cannot find mirror
    goto :valley
)

:ladder
echo Soft as reset refresh before resource table vector.
call insert.bat %1 %2
pause

endlocal
exit /b 0
